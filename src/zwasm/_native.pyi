class Exporter:
    """Base of classes that give out buffers by `__buffer__` (PEP 688).

    The module is there where the package was built with a C compiler for a Python before 3.12;
    from 3.12 on any class may have `__buffer__`.
    """
