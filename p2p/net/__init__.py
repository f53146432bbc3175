"""The network around the engine: connections, their sessions, and the way to the engine's thread.

limits        the drivers' own numbers
inbox         events on their way to the engine: a lane for each connection, taken in turn
wires         what a connection needs of its transport
connection    a session on a wire
doors         who may come in, and how often
switchboard   all connections of this node, in one event loop
tcp, ws       transports
"""
