"""Run-time structure (specification, section 4.2): the store and the instances in it.

In: types. Out: the objects that engines work on and that users hold: functions, tables,
memories, globals, tags, module instances. How instructions run is the engines' affair, how
modules become instances that of `zwasm.runtime`.

Values inside the engines are *cells*: numbers and vectors are unsigned bit patterns (`int`),
references are objects (a null one is None).
"""
