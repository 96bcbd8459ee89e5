"""What people send: sealed bytes under an id, in a directory or in GridFS."""
