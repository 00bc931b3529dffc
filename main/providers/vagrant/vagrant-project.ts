/**
 * Where vagrant is to work, as its environment says it
 * (developer.hashicorp.com/vagrant/docs/other/environmental-variables).
 */
export interface VagrantProject {
  /** VAGRANT_CWD: what paths in the Vagrantfile are relative to. */
  readonly cwd: string;
  /** VAGRANT_VAGRANTFILE, absolute. */
  readonly vagrantfile: string;
  /** VAGRANT_DOTFILE_PATH: what vagrant knows of the machines. */
  readonly dotfile: string;
  /** VAGRANT_HOME: boxes, plugins, the index of machines. */
  readonly home: string;
}

/** Ours without what the user's settings would change. */
export function environment({ cwd, vagrantfile, dotfile, home }: VagrantProject): NodeJS.ProcessEnv {
  const { VAGRANT_LOG: _, ...own } = process.env;
  return {
    ...own,
    VAGRANT_CWD: cwd,
    VAGRANT_VAGRANTFILE: vagrantfile,
    VAGRANT_DOTFILE_PATH: dotfile,
    VAGRANT_HOME: home,
    VAGRANT_CHECKPOINT_DISABLE: '1',
    VAGRANT_BOX_UPDATE_CHECK_DISABLE: '1',
    VAGRANT_NO_COLOR: '1',
  };
}
