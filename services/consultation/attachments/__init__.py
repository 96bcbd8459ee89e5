"""What people attach to their messages: facts and rules; the bytes lie in `files/store.py`."""
