(module
  (@dylink.0 (mem-info (memory 128 2)) (needed "libdep.so"))
  @IMPORT@
  ;; python-imports
  ;; python-init m
)
