(module
  (@dylink.0 (mem-info (memory 128 2)))
  @FAULT@
  ;; python-imports
  ;; python-init a
)
