"""变更单: dated changes of grids, previewed, applied all or nothing, reverted by another date."""
