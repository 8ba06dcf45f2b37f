"""Contains the runs that read or change objects at OpenAI: refresh (reading the live objects), plan, apply and recovery
after an interruption. Only this package changes managed objects and states. It sends its requests through the packages
`collections` and `turns`.
"""
