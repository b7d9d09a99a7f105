"""What upstreams publish, under the addresses that inventories name: charts and manifests, out of what is built here.

web.server (a request for one of ``upstreams.HOSTS``) → upstreams (which file that is) → charts (a chart repository's
index and archives, in the version that was built). Read-only, and nothing of it is ever fetched from outside: another
version than the one built here is a 404, as a version that was never released is.
"""
