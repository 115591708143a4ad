"""The values that every stage shares; nothing here reads data, renders or sends."""
