"""Chats: conversations without a document, answered by a mix."""
