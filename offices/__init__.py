"""What an office is to every service: its file, its opening hours, its working days."""
