"""The ABI: values of the contract language as bytes. Pure; clients use it too.

codec      a value to its bytes and back         weight     the work to look at a value
own        the same for the engine's values      strict     is plain CBOR of a type?
text       values as people write them           calls      calldata by a checked module
readings   calldata, results, events for views
"""
