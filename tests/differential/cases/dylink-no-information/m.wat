(module
  (@custom "dylink.0" (before first) "")
  ;; python-imports
  ;; python-init m
)
