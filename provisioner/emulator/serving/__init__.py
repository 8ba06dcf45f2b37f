"""The server: it reads requests with their bodies and answers them, until it is stopped or its parent process ends."""
