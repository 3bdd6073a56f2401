"""The data plane of the Application Load Balancer: TLS, rules, target health, proxying.

balancer.py starts it; proxy.py answers one request; match.py, rewrite.py and targets.py decide; health.py checks the
targets; model.py reads the control plane; log.py remembers. Its time runs as SANDBOX_SPEED says.
"""

from __future__ import annotations

from sandbox.alb.balancer import LoadBalancer

__all__ = ["LoadBalancer"]
