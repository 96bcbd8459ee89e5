"""BPS's public Web API: asked over HTTP, and read with care."""
