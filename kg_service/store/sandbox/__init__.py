"""SPARQL queries by strangers: each in a process of its own that is bounded in time, memory and reach.

A query in the engine cannot be cancelled, and the service has threads and must not fork. So the service starts one
single-threaded *keeper*, which holds the graphs in memory and forks a *child* for every query. The kernel ends the
child at its deadline; whatever the child does, service and keeper go on.
"""
