;; Wants something of the host that it does not have.
(module
  (import "host" "reboot" (func))
  (func (export "run") (call 0)))
