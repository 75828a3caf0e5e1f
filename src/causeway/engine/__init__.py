"""The model that runs inside the gateway: a supervised worker process and everything around it.

The engine is native code that can hang or crash, so it lives in a child process that the gateway
can kill. `EmbeddedModel` in `model.py` is the one thing that the rest of the gateway needs.
"""
