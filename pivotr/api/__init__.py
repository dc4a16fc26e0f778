"""The HTTP door: routes that parse, call one service and render, on AWS and on this machine alike."""
