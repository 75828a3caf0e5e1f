"""The canonical conversation: what every dialect decodes to and encodes from.

Plain values and the laws that hold between them. No I/O, no clock, no vendor's wire format: a
dialect that needs something said here gets a field here, never a side channel.
"""
