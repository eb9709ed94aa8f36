(module
  ;; python-imports
  ;; python-init m
)
