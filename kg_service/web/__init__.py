"""The desk: the web page where clinicians read and edit the knowledge. It has no rule of its own."""
