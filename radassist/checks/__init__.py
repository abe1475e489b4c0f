"""Deterministic report checks: rules with ids, versions and severities; they outrank models."""

from radassist.checks.model import Problem, Rule, Severity
from radassist.checks.run import RULES, run_checks

__all__ = ["RULES", "Problem", "Rule", "Severity", "run_checks"]
