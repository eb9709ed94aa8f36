(module
  (@dylink.0 (mem-info (memory 128 2)))
  @IMPORT@
  ;; python-imports
  ;; python-init b
)
