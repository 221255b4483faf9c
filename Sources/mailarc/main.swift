import CommandLine

await runProcess()
