-- Every request differs from the one before it, as behind a proxy that numbers them.
local count = 0

function request()
  count = count + 1
  return wrk.format(nil, nil, { ["x-request-id"] = string.format("%032x", count) })
end
