"""Knowledge in other people's formats: files read into rows, rows planned into changes, and releases written out."""
