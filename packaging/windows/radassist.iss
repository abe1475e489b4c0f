; Inno Setup 6 script of the Windows installer. Not run yet: see CHECKLIST.md beside it.
;
;   iscc /DVersion=0.1.0 packaging\windows\radassist.iss
;
; Takes build\frozen\radassist (python packaging\package.py freeze) and writes
; dist\radassist-VERSION-windows-x86_64.exe. For unattended roll-out: /VERYSILENT /NORESTART.

#ifndef Version
  #error Name the version: iscc /DVersion=0.1.0
#endif

[Setup]
AppId={{7C6C1B53-0B7E-4E57-9E0E-5B3B1C8C6F7A}
AppName=radassist
AppVersion={#Version}
AppPublisher=the radassist authors
DefaultDirName={autopf}\radassist
DefaultGroupName=radassist
DisableProgramGroupPage=yes
PrivilegesRequired=admin
PrivilegesRequiredOverridesAllowed=dialog commandline
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
OutputDir=..\..\dist
OutputBaseFilename=radassist-{#Version}-windows-x86_64
SetupIconFile=..\..\build\documents\icons\radassist.ico
UninstallDisplayIcon={app}\radassist-window.exe
LicenseFile=..\..\build\documents\copyright
Compression=lzma2/max
SolidCompression=yes
CloseApplications=yes
ChangesAssociations=yes
; Signing: register the tool once with  iscc /Ssign="signtool.exe ... $f"  and uncomment.
; SignTool=sign
; SignedUninstaller=yes

[Tasks]
Name: desktopicon; Description: "An icon on the desktop"; Flags: unchecked
Name: opendcm; Description: "Offer radassist for .dcm files"

[Files]
Source: "..\..\build\frozen\radassist\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion
Source: "..\..\build\documents\licences\*"; DestDir: "{app}\doc\licences"; Flags: recursesubdirs
Source: "..\..\build\documents\copyright"; DestDir: "{app}\doc"
Source: "..\..\build\documents\sbom.cdx.json"; DestDir: "{app}\doc"

[InstallDelete]
; A newer version may lack libraries of an older one.
Type: filesandordirs; Name: "{app}\lib"

[Icons]
Name: "{group}\radassist"; Filename: "{app}\radassist-window.exe"
Name: "{autodesktop}\radassist"; Filename: "{app}\radassist-window.exe"; Tasks: desktopicon

[Registry]
Root: HKA; Subkey: "Software\Classes\.dcm\OpenWithProgids"; ValueType: string; ValueName: "radassist.dicom"; ValueData: ""; Flags: uninsdeletevalue; Tasks: opendcm
Root: HKA; Subkey: "Software\Classes\radassist.dicom"; ValueType: string; ValueData: "DICOM file"; Flags: uninsdeletekey; Tasks: opendcm
Root: HKA; Subkey: "Software\Classes\radassist.dicom\DefaultIcon"; ValueType: string; ValueData: "{app}\radassist-window.exe,0"; Tasks: opendcm
Root: HKA; Subkey: "Software\Classes\radassist.dicom\shell\open\command"; ValueType: string; ValueData: """{app}\radassist-window.exe"" open ""%1"""; Tasks: opendcm

[Run]
Filename: "{app}\radassist-window.exe"; Description: "Start radassist"; Flags: nowait postinstall skipifsilent unchecked

; Reports, audit log, settings and packs are in %LOCALAPPDATA%\radassist. No [UninstallDelete]
; names them: taking the program away leaves them where they are.
