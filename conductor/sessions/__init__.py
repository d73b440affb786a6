"""The ledger of tool calls, grants, the compliance report and the session summary."""
