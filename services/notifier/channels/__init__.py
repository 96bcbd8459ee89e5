"""Where the notifier talks to the world; so far by e-mail."""
