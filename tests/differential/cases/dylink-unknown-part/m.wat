(module
  (@custom "dylink.0" (before first) "\63\03abc\01\05\80\01\02\00\00")
  ;; python-imports
  ;; python-init m
)
