"""The judge face of each rule: what one resolved call or one file write means to a policy.

One module a policy, named like it; the registry is `conductor.rules.judge.registry`. These modules run before every
tool call of an agent: they import builtin modules and each other, nothing else. Which calls and writes a command makes
is worked out by `conductor.guard`; here stands only what they may not do.
"""
