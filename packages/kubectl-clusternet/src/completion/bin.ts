// kubectl's own completion runs `kubectl_complete-clusternet` for `kubectl clusternet`.
process.argv.splice(2, 0, '__complete');
await import('../bin.ts');
