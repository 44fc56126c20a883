"""Files in any known layout -> works, items, organisations and rejected rows. The last room that sees a name."""
