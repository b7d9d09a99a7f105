"""What upstreams publish, under the names that inventories have, out of what is built here: charts, manifests, images.

web.server (a request for one of ``upstreams.HOSTS``) → upstreams (which file that is) → charts (a chart repository's
index and archives, in the version that was built); images (which archive that is) are asked for by the room registry.
Read-only, and nothing of it is ever fetched from outside: another version than the one built here is a 404, as a
version that was never released is.
"""
