"""Profiles: where guests spend their time.

In: what runs while a `zwasm.Profiler` is open. Out: the hottest functions, and files for
speedscope; `perfmap` tells Linux `perf` the names of compiled functions. Samples are taken by
`zwasm._native`, instructions counted by the interpreter.
"""
