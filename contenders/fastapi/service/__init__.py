"""User accounts in FastAPI, in two forms that keep one contract.

`service.orm` is written as the stack is usually put together, `service.direct` as a C program would
drive SQLite and libsodium. All other modules are shared.
"""
