# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Which requests a rule matches, exactly. Pure: nothing here knows of AWS calls, priorities or writes.

The files stand on each other in this order, and the words mean the same in all of them:

    glob_pattern.py   glob        one pattern of a condition value, with `*` and `?`
                      cell        the strings that lie in the same ones of several globs; a shortest one shows it
    conditions.py     condition   one field of a rule (host-header, path-pattern, ...) with its values
    request.py        request     one concrete request; a part that is None is not known
    address_space.py  space       the addresses that the clients of a load balancer can have
    dimensions.py     side        what a rule says of one dimension of requests: host, path, method, source, and each
                                  header and query-string condition; a side that no condition limits is whole
                      relation    of a side to a condition of another rule: inside, outside, partly, unknown
    coverage.py       cover       other rules that together answer every request of a rule
                      leftover    a request of a rule that none of the others answers
                      opaque      a condition that cannot be decided, such as a regular expression

On top of them, in ../placement.py:

    window            the numbers at which a rule is reached and leaves every other rule a request
    end               the rule at one end of the window, with a request that shows why
    band              the numbers that the task allows (priority_floor to priority_ceiling)
    shadow            to stand ahead of a rule and take its last request
    overlap           a rule that shares requests without covering
"""
