"""Who may act: accounts, passwords, sessions, bearer tokens, one-time links, single sign-on, the brake on guessing."""
