"""Where the consultation service talks to the world: who makes meetings by Zoom, if anybody."""
