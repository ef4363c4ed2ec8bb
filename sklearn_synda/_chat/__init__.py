"""Talking to a chat endpoint: for parts that ask a language model, whatever they ask it."""

from sklearn_synda._chat._client import DEAD_AFTER, Account, CapReached, ChatClient
from sklearn_synda._chat._settings import CHAT_CONSTRAINTS, check_settings, open_chat

__all__ = [
    "CHAT_CONSTRAINTS",
    "DEAD_AFTER",
    "Account",
    "CapReached",
    "ChatClient",
    "check_settings",
    "open_chat",
]
