"""What every service of the local cloud shares.

call     one checked request, the cloud it acts on, and the registry of who serves which method
protocol how requests and answers look: routes and schema from the discovery documents, errors, pages, updates
state    what is kept: resources and references, operations, payloads, identities
policies IAM policies, kept beside any resource ; regions  where things may be ; settings  what can be switched

Services call it; it knows none of them.
"""
