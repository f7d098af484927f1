"""From modules to instances: engines, stores, linking, instantiation (specification, 4.7).

In: bytes or text of modules, imports. Out: instances, whose exports Python uses. Running code
is the engines' affair, what runs in `zwasm.instances`.
"""
