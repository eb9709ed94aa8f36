(module
  (@custom "dylink.0" (before first) "\01\05\80\01\02\00\00\02\04\09\02ab")
  ;; python-imports
  ;; python-init m
)
