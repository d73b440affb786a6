"""Record files of our own making with the shapes that are found in the wild."""

TASKS = """# Task Management

## Active Phase
**Phase**: Decoder on the GPU
**Started**: 2025-11-02
**Target**: 2025-11-09
**Progress**: 4/4 tasks completed

## Current Task
**Task ID**: TASK-2025-11-06-002
**Title**: Pin the codec library
**Status**: COMPLETE
**Started**: 2025-11-06 09:12
**Dependencies**: TASK-2025-11-05-001

### Task Context
<!-- what one needs to resume -->
- **Key Files**:\x20
  - `docker/base.Dockerfile`: pins the library
- **Environment**: staging

### Findings & Decisions
- **FINDING-001**: the library moved its headers → see `docs/`
- **DECISION-001**: stay on 6.1

### Task Chain
1. ✅ Measure the old decoder (TASK-2025-11-02-001a)
2. ✅ Write the new one (TASK-2025-11-02-001b)
3. ✅ Pin the codec library (TASK-2025-11-06-002)
4. ⏳ Deploy and verify (TASK-2025-11-06-003)
   - on staging first
5. ⏳ [Future task]

## Upcoming Phases
- [ ] [Next major phase]

## Completed Tasks Archive
- [TASK-2025-10-30-001]: Choose a decoder → See JOURNAL.md 2025-10-30
- [Older tasks in TASKS_ARCHIVE/]

---
*kept by hand*"""

TWO_CURRENT = TASKS.replace(
    "## Upcoming Phases",
    """## Current Task
**Task ID**: TASK-2025-11-01-009
**Title**: An older one that nobody put away
**Status**: COMPLETE (SUPERSEDED BY TASK-2025-11-06-002)
**Started**: 2025-11-01 (Session)

### Task Chain
- an item that is not a row

## Upcoming Phases""",
)

PLACEHOLDER = """# Task Management

## Current Task
**Task ID**: TASK-YYYY-MM-DD-NNN
**Title**: [Name of the task]
**Status**: PLANNING | IN_PROGRESS | BLOCKED | TESTING | COMPLETE

### Task Chain
1. ✅ [Earlier task] (TASK-YYYY-MM-DD-001)
2. 🔄 [This task] (CURRENT)
"""

JOURNAL = """## 2025-11-06 09:30

### Pinned the codec library |TASK:TASK-2025-11-06-002|
- **What**: pinned it
- **Why**: the build broke
- **How**:
    ```bash
    # Before the change
    apt list codec
    ```
- **Issues**: none
- **Result**: builds

## 2025-11-05 18:00 - Looked at the old decoder
**What**: no bullet here

#### Details
| a | b |
| - | - |
| 1 | 2 |

# Engineering Journal

## 2025-11-02 08:00# Engineering Journal

### Two titles under one date |MILESTONE:FIRST|
- **What**: first

### The second |ERROR:ERR-2025-11-02-001|
- **What**: second

## Keywords <!-- #keywords -->
- decoder"""

ERRORS = """# Critical Error Ledger <!-- kept by hand -->

## Schema
| ID | First seen | Status | Severity | Affected area | Link to fix |
|----|------------|--------|----------|---------------|-------------|

## Active Errors
| ERR-2025-11-02-001 | 2025-11-02 08:00 | active | P0 | decoder \\| service | |

## Resolved Errors

---

## How to log
1. add a row
   ```
   | ERR-2025-01-01-001 | 2025-01-01 00:00 | active | P0 | an example | |
   ```
"""
