"""JSON-RPC over stdio: framing, dispatch, the connection and its watchdog."""
