"""Many packages at once: resolved for a platform, taken or built, judged as one set, and locked.

Who comes from ``cli`` finds the steps in their order: :mod:`~pyodide_abi.distribution.resolution` asks uv,
:mod:`~pyodide_abi.distribution.work_plan` says what is to be done with each package and why,
:mod:`~pyodide_abi.distribution.schedule` has it done, package by package (:mod:`~.work`), and remembers
what is done (:mod:`~.progress_file`); :mod:`~.whole_set` judges all wheels together, :mod:`~.lock` writes
the lock file, and :mod:`~.trial` loads every package from it.
"""
