"""The binary format (specification, chapter 5).

In: a module's bytes, or a `Module`. Out: the other of the two. No validation is done here.
"""
