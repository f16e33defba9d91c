"""A copy of the statements in a SPARQL 1.1 server: a projection, made from the log and made again whenever it is lost.

A graph named `graph/state` says, for each graph of ours, up to which change it holds which log. It is written in the
same request as the statements; a graph without an entry there is being filled and not whole yet.
"""
