"""The page: the audit as a static web application, which any static host serves.

Everything happens in the visitor's browser. The files in ``static`` are served as they are;
:mod:`~pyodide_abi.page.folder` adds what is made: the package itself as an archive, the rules, and releases
that lie beside it.
"""
