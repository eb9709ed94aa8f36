(module
  (@custom "dylink" (before first) "\80\01\02\00\00\00")
  ;; python-imports
  ;; python-init m
)
